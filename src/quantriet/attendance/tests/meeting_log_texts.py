"""Exports of meeting programs as people get them, with invented names. The class sits on 28/11/2026 from 07:30 to 11:00."""

ZOOM = """Meeting ID,Topic,Start Time,End Time,User Email,Duration (Minutes),Participants
823 1234 5678,"Học tập Nghị quyết, xã Ea Tam",11/28/2026 07:20:11 AM,11/28/2026 11:05:00 AM,vanphong@eatam.example,225,6

Name (Original Name),User Email,Join Time,Leave Time,Duration (Minutes),Guest,Recording Consent,In Waiting Room
CB thôn 1 - Nguyễn Văn Năm,,11/28/2026 07:28:00 AM,11/28/2026 07:29:00 AM,1,Yes,,Yes
CB thôn 1 - Nguyễn Văn Năm,,11/28/2026 07:30:00 AM,11/28/2026 09:00:00 AM,90,Yes,,No
CB thôn 1 - Nguyễn Văn Năm,,11/28/2026 08:50:00 AM,11/28/2026 11:05:00 AM,135,Yes,,No
Trần Thị Hoa (iPhone của Hoa),,11/28/2026 07:45:00 AM,11/28/2026 11:05:00 AM,200,Yes,,No
Điểm cầu Hội trường,hoitruong@eatam.example,11/28/2026 07:25:00 AM,11/28/2026 11:05:00 AM,220,Yes,,No
Otter.ai,,11/28/2026 07:30:00 AM,11/28/2026 11:05:00 AM,215,Yes,,No
"""

ZOOM_UNIQUE = """Name (Original Name),User Email,Total Duration (Minutes),Guest
Nguyễn Văn Năm,,200,Yes
Trần Thị Hoa,,190,Yes
"""

ZOOM_VIETNAMESE = """Tên (Tên gốc);Email người dùng;Thời gian tham gia;Thời gian rời khỏi;Thời lượng (Phút);Khách;Trong phòng chờ
Nguyễn Văn Năm;;28/11/2026 7:30:00 SA;28/11/2026 11:00:00 SA;210;Có;Không
"""

ZOOM_WEBINAR = """Attendee Report
Report Generated:,11/28/2026 12:00
Topic,Webinar ID,Actual Start Time,Actual Duration (minutes),# Registered,# Cancelled,Unique Viewers,Total Users,Max Concurrent Views
Quán triệt Nghị quyết,912 3456 7890,11/28/2026 07:15:00,230,300,0,2,3,2
Host Details
Attended,User Name (Original Name),Email,Join Time,Leave Time,Time in Session (minutes),Is Guest,Country/Region Name
Yes,Văn phòng,vp@eatam.example,11/28/2026 07:15:00,11/28/2026 11:05:00,230,No,Vietnam
Panelist Details
Attended,User Name (Original Name),Email,Join Time,Leave Time,Time in Session (minutes),Is Guest,Country/Region Name
Yes,Trần Thị Hoa,hoa@eatam.example,11/28/2026 07:30:00,11/28/2026 11:00:00,210,Yes,Vietnam
Attendee Details
Attended,User Name (Original Name),First Name,Last Name,Email,Registration Time,Approval Status,Join Time,Leave Time,Time in Session (minutes),Is Guest,Country/Region Name
Yes,Nguyễn Văn Năm,Năm,Nguyễn Văn,nam@eatam.example,11/20/2026 09:00:00,approved,11/28/2026 07:30:00,11/28/2026 10:00:00,150,Yes,Vietnam
No,Lê Văn Vắng,Vắng,Lê Văn,vang@eatam.example,11/20/2026 09:00:00,approved,--,--,--,--,Vietnam
"""

TEAMS = """1. Summary
Meeting title\tHọc tập Nghị quyết
Attended participants\t2
Start time\t11/28/26, 7:20:15 AM
End time\t11/28/26, 11:06:00 AM
Meeting duration\t3h 45m 45s
Average attendance time\t3h 2m 10s

2. Participants
Name\tFirst Join\tLast Leave\tIn-Meeting Duration\tEmail\tParticipant ID (UPN)\tRole
Nguyễn Văn Năm\t11/28/26, 7:30:00 AM\t11/28/26, 11:00:00 AM\t2h 30m\tnam@eatam.example\tnam@eatam.example\tPresenter
Trần Thị Hoa\t11/28/26, 7:40:00 AM\t11/28/26, 11:00:00 AM\t3h 20m\thoa@eatam.example\thoa@eatam.example\tAttendee

3. In-Meeting Activities
Name\tJoin Time\tLeave Time\tDuration\tEmail\tRole
Nguyễn Văn Năm\t11/28/26, 7:30:00 AM\t11/28/26, 9:00:00 AM\t1h 30m\tnam@eatam.example\tPresenter
Nguyễn Văn Năm\t11/28/26, 10:00:00 AM\t11/28/26, 11:00:00 AM\t1h\tnam@eatam.example\tPresenter
Trần Thị Hoa\t11/28/26, 7:40:00 AM\t11/28/26, 11:00:00 AM\t3h 20m\thoa@eatam.example\tAttendee
"""

TEAMS_VIETNAMESE = """1. Tóm tắt
Tiêu đề cuộc họp\tHọc tập Nghị quyết
Thời gian bắt đầu\t7:20:15 28/11/2026
Thời gian kết thúc\t11:06:00 28/11/2026

2. Người tham dự
Tên\tTham gia lần đầu\tRời khỏi lần cuối\tThời lượng trong cuộc họp\tEmail\tID người tham gia (UPN)\tVai trò
Nguyễn Văn Năm\t7:30:00 28/11/2026\t11:00:00 28/11/2026\t3 giờ 30 phút\t\t\tNgười dự

3. Hoạt động trong cuộc họp
Tên\tThời gian tham gia\tThời gian rời khỏi\tThời lượng\tEmail\tVai trò
Nguyễn Văn Năm\t7:30:00 28/11/2026\t11:00:00 28/11/2026\t3 giờ 30 phút\t\tNgười dự
"""

TEAMS_OLD = """Full Name\tUser Action\tTimestamp
Nguyễn Văn Năm\tJoined\t11/28/2026, 7:30:00 AM
Trần Thị Hoa\tJoined before\t11/28/2026, 7:31:00 AM
Nguyễn Văn Năm\tLeft\t11/28/2026, 9:00:00 AM
Nguyễn Văn Năm\tJoined\t11/28/2026, 9:10:00 AM
Nguyễn Văn Năm\tLeft\t11/28/2026, 11:00:00 AM
"""

MEET = """First name,Last name,Email,Duration,Time joined,Time exited
Năm,Nguyễn Văn,nam@eatam.example,3 hr 30 min,7:30 AM,11:00 AM
Hoa,Trần Thị,hoa@eatam.example,1 hr 0 min,7:40 AM,11:00 AM
"""

MEET_VIETNAMESE = """Tên,Họ,Email,Thời lượng,Thời gian tham gia,Thời gian thoát
Năm,Nguyễn Văn,nam@eatam.example,03:30:00,07:30,11:00
"""

MEET_EVENTS = """Date,Event,Description,Meeting code,Participant identifier,Participant name,Duration (seconds)
2026-11-28T09:00:00+07:00,Endpoint left,Left,abc-defg-hij,nam@eatam.example,Nguyễn Văn Năm,5400
2026-11-28T11:00:00+07:00,Endpoint left,Left,abc-defg-hij,nam@eatam.example,Nguyễn Văn Năm,6600
"""

MEET_TOTALS = """Name,Email,Duration
Nguyễn Văn Năm,nam@eatam.example,210 min
"""
